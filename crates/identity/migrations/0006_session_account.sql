CREATE INDEX IF NOT EXISTS session_account ON session (municipality_id, account_id);
