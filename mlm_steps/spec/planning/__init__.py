"""The key ``power``: planned studies."""
