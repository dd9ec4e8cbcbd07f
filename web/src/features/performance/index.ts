export { performance } from "./feature";
