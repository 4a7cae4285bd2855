/** The version of `dots`: that of package.json, which no code of the product reads; a test compares them. */
export const version = '0.1.0';
