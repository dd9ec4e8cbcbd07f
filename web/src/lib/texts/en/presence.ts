/** Texts of presence: what a person is available for. */
export const presence = {
  "presence.available": "Available",
  "presence.on_queue": "On queue",
  "presence.interacting": "On a call",
  "presence.wrap_up": "Wrap-up",
  "presence.not_ready": "Not ready",
  "presence.offline": "Offline",

  "presence.reason.break": "Break",
  "presence.reason.lunch": "Lunch",
  "presence.reason.meeting": "Meeting",
  "presence.reason.training": "Training",
  "presence.reason.paperwork": "Paperwork",
  "presence.reason.missed_call": "Missed call",

  "presence.menu": "Your presence:",
  "presence.changed": "Your presence: {presence}",
  "presence.finish_wrap_up": "Finish wrap-up",
  "presence.then": "then {presence}",
  "presence.after_call": "After this call",
} as const;
