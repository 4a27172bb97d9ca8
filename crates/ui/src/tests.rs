//! What every component owes: its ARIA wiring, escaping, and nothing that the content policy drops.
