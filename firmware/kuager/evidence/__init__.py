"""The evidence: its records, signatures and manifest, and the rules of the verdict. Pure: bytes in, answers out."""
