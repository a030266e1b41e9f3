"""The IPython magics; where everything is put together."""
