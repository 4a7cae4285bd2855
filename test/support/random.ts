export { Random } from '#dots/world/random';
