/** Unit tests of services without a gateway. */
package io.linkspan.api.testing;
