"""What the bots say. ``tools/make_voices.py`` speaks each line into ``voices/<speaker>/<nn>.opus``."""

from typing import NamedTuple


class Speaker(NamedTuple):
    """A voice: its folder, espeak-ng's voice, words a minute, pitch 0 … 99."""

    name: str
    voice: str
    speed: int
    pitch: int


AGENTS = (
    Speaker("agent_1", "en-gb+f3", 165, 55),
    Speaker("agent_2", "en-us+m3", 160, 40),
    Speaker("agent_3", "en-gb-scotland+f4", 168, 60),
)

CUSTOMERS = (
    Speaker("customer_1", "en-us+f2", 172, 62),
    Speaker("customer_2", "en-gb+m7", 155, 32),
    Speaker("customer_3", "en-us+m1", 178, 45),
    Speaker("customer_4", "en-gb-x-rp+f5", 160, 58),
)

AGENT_LINES = (
    "Good day, thank you for calling. How can I help you?",
    "I see. Let me have a look at that for you.",
    "Could you tell me your order number, please?",
    "Thank you. I have your order here in front of me.",
    "It left our warehouse yesterday, so it should reach you tomorrow morning.",
    "I am sorry about that. I can send you a new one free of charge.",
    "May I put you on hold for a moment while I ask a colleague?",
    "Thank you for waiting. I have found the answer.",
    "I have changed the delivery address, and you will get a message about it.",
    "Is there anything else that I can do for you?",
    "You are welcome. Have a pleasant day.",
)

CUSTOMER_LINES = (
    "Hello. I ordered a lamp last week, and it has not arrived yet.",
    "Yes, the number is four, seven, one, one, nine.",
    "That was promised for Monday, and I took a day off for it.",
    "I would rather have my money back, to be honest.",
    "Can you send it to my office instead?",
    "All right. I can wait until tomorrow.",
    "Yes, of course. I will hold.",
    "That is very kind of you.",
    "And will I have to pay for the second delivery?",
    "No, that is all. Thank you for your help.",
)
