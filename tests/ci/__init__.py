"""The examples for continuous integration, run without the services for which they are written."""
