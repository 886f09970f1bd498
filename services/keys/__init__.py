"""The data keys: where sealed texts are kept, sealing them anew, and giving an old key up."""
