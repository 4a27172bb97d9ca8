CREATE TABLE IF NOT EXISTS audit_head (
    -- Where the tree has grown to. edge: the roots of the complete subtrees, the largest first, 32 bytes each.
    municipality_id BIGINT NOT NULL,
    size BIGINT NOT NULL,
    edge BYTEA NOT NULL,
    PRIMARY KEY (municipality_id)
);
CREATE TABLE IF NOT EXISTS audit_tile (
    -- Hashes of a level, 256 in a tile, 32 bytes each. Level 0: the leaves; level 1: the roots of full tiles of level 0 …
    municipality_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    tile_no BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (municipality_id, level, tile_no)
);
CREATE TABLE IF NOT EXISTS audit_checkpoint (
    -- Signed notes over the first `size` leaves.
    municipality_id BIGINT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, size)
);
CREATE TABLE IF NOT EXISTS audit_key (
    -- Public keys of the checkpoints.
    municipality_id BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    first_used_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, public_key)
);
