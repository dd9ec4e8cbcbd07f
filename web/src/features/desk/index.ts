export { desk } from "./feature";
