/** The levels of loggers, which can change while the gateway runs. */
package io.linkspan.logging;
