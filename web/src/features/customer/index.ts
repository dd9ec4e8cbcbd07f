export { customer } from "./feature";
