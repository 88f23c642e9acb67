"""Show the report in a browser and make it again whenever the spec or its data are saved."""
