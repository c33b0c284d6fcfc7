/**
 * Pure protocol cores: bytes and time in, bytes and events out. Nothing in this package uses a
 * socket, a timer, a clock or a thread.
 */
package io.linkspan.protocol;
