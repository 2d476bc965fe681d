"""asn-match: exposure records in, groups out."""
