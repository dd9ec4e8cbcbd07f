/** Texts of Home. */
export const home = {
  "home.nav": "Home",
  "home.title": "Hello, {name}",
  "home.on_calls": "On calls",
  "home.on_hold": "On hold",
  "home.waiting": "Waiting",
  "home.coached": "Being coached",
  "home.longest": "Longest calls now",
  "home.quiet": "No calls at the moment.",
  "home.nothing": "Your screens are at the left.",
} as const;
