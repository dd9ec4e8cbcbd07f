export { home } from "./feature";
