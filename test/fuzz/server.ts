/**
 * Changed requests at the DOTS server, on both channels: `npm run fuzz -- [requests] [seed]`. The same as the test,
 * with more of them.
 */
const [requests = '20000', seed = '1'] = process.argv.slice(2);
Object.assign(process.env, { DOTS_FUZZ_REQUESTS: requests, DOTS_FUZZ_SEED: seed });

void import('../protocol/dotsServer/fuzz.test');
