"""The other house: its description and keys, the flow (Authlib), and what is believed of its tokens (joserfc)."""
