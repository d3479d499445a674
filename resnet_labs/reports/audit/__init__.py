"""The audit: what a report's own figures allow, checked by arithmetic, one file a check."""
