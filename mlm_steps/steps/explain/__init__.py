"""Why steps have to be made again, in words that name the keys of the spec, the columns and the versions."""
