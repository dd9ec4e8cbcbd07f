/** Texts of the sign-in screen. */
export const signIn = {
  "sign_in.title": "Sign in",
  "sign_in.lead": "Coaching for live conversations.",
  "sign_in.email": "Email",
  "sign_in.password": "Password",
  "sign_in.submit": "Sign in",
  "sign_in.show_password": "Show password",
  "sign_in.hide_password": "Hide password",
  "sign_in.expired": "Your session has ended. Sign in to go on where you were; what you typed is kept.",
  "sign_in.failed": "Email and password do not match. Nothing was changed; check both and try again.",
  "sign_in.wait": "Too many attempts. You can try again in {wait}.",
  "sign_in.email_missing": "Enter your email address.",
  "sign_in.password_missing": "Enter your password.",
  "sign_in.hints.title": "Demo sign-ins",
  "sign_in.hints.text": "This is a demo organisation. Choose a person to fill in the form.",
  "sign_in.hints.use": "Fill in",
} as const;
