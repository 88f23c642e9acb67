"""Text, numbers and tables in a form that both HTML and Markdown are made from."""
