"""Why exposures are, or are not, in groups: the answers of asn-match --explain and --explain-group."""
