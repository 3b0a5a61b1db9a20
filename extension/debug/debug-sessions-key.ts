/** Names a session of ours in the configuration of the debugger that carries it out. */
export const sessionKey = '__podium';
