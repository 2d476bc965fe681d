"""Why exposures are, or are not, in groups: what asn-match --explain and --explain-group answer."""
