"""Generators of inputs. Each takes a ``random.Random``, which a seed, hypothesis or atheris can drive."""
