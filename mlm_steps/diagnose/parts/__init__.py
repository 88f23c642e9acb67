"""What the checks of assumptions share: the model that is checked, score tests, envelopes and flags."""
