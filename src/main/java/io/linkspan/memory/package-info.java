/**
 * One budget for the memory that clients can make a node hold. The core is pure; {@link
 * io.linkspan.memory.JvmMemory} reads the limits of the JVM.
 */
package io.linkspan.memory;
