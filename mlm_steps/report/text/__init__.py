"""Text, numbers and tables in the common form that is written as HTML and as Markdown."""
