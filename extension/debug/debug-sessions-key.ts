/** Names a session of ours in the configuration of the debugger that carries it out. */
export const sessionKey = '__podium';

/** The loopback port of a debugger that speaks DAP itself. */
export const portKey = '__podiumPort';
