"""What a run consists of: its steps, their keys, files and records."""
