export { settings } from "./feature";
