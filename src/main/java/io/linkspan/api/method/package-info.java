/**
 * Method channels between Flutter apps and services. A package of its own above {@link
 * io.linkspan.api}: it needs the translation of method calls, which needs the schema.
 */
package io.linkspan.api.method;
