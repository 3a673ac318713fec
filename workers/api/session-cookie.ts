/** What binds an authorization to the browser that began it. */
export const SESSION_COOKIE = "smartify_connect";
