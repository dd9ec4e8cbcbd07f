/** Texts of Settings. */
export const settings = {
  "settings.title": "Settings",
  "settings.lead": "What your organisation decides; each change takes effect at once",
  "settings.saved": "Saved: {title}",
  "settings.default": "Back to default",
} as const;
