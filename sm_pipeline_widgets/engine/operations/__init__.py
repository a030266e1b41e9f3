"""The API operations the engine answers; each raises a code and a message and knows no HTTP."""
