"""Parts that screens are made of; none of them polls, and none has a widget per device."""
