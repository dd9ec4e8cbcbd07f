export { SignInScreen } from "./SignInScreen";
