export { organisation } from "./feature";
