export { coachManager } from "./feature";
