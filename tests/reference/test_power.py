"""Power in closed form and by simulation against published and independently computed values."""
