"""The report: records in, HTML and Markdown out."""
