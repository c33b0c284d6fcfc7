/**
 * Method channels between Flutter apps and services. A package above {@link io.linkspan.api},
 * because it needs the translation of method calls, which needs the schema.
 */
package io.linkspan.api.method;
