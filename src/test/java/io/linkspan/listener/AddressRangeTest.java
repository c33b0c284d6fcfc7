package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.1.2.0/23, 10.1.3.255, true",
    "10.1.2.0/23, 10.1.4.0, false",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.2, false",
    "0.0.0.0/0, 203.0.113.1, true",
    "0.0.0.0/0, ::1, false",
    "10.0.0.0/8, ::ffff:10.1.1.1, true",
    "::ffff:10.1.1.1, 10.1.1.1, true",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::, false",
    "::1, 0:0:0:0:0:0:0:1, true",
    "fe80::/10, fe80::1%eth0, true",
    "10.0.0.0/8, ten, false",
    "10.0.0.0/8, '', false",
  })
  void containsTheAddressesWithItsPrefix(String range, String address, boolean expected) {
    assertThat(AddressRange.parse(range).contains(address)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.1/8",
        "2001:db8::1/32",
        "10.0.0/8",
        "localhost",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        " 10.0.0.0/8",
        "10.0.0.0/9999999999",
      })
  void refusesOtherTexts(String text) {
    assertThat(AddressRange.parse(text)).isNull();
  }

  @Test
  void anOwnerHas64BitsOfIpv6() {
    assertThat(AddressRange.owner("2001:db8:1:2:3:4:5:6"))
        .isEqualTo(AddressRange.owner("2001:db8:1:2::9"))
        .isNotEqualTo(AddressRange.owner("2001:db8:1:3::9"));
    assertThat(AddressRange.owner("203.0.113.1")).isEqualTo("203.0.113.1");
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.0/23, 10.1.2.0/23",
    "10.1.2.3, 10.1.2.3/32",
    "::ffff:10.1.2.3, 10.1.2.3/32",
    "2001:DB8:0:0::/64, 2001:db8::/64",
    "0.0.0.0/0, 0.0.0.0/0",
  })
  void equalRangesHaveOneNotation(String text, String notation) {
    AddressRange range = AddressRange.parse(text);
    assertThat(range).hasToString(notation).isEqualTo(AddressRange.parse(notation));
    assertThat(range).hasSameHashCodeAs(AddressRange.parse(notation));
  }

  @ParameterizedTest
  @CsvSource({
    "10.255.255.255, 8, 10.0.0.0/8",
    "10.255.255.255, 9, 10.128.0.0/9",
    "10.255.255.255, 32, 10.255.255.255/32",
    "10.255.255.255, 0, 0.0.0.0/0",
    "2001:db8:ffff::1, 33, 2001:db8:8000::/33",
  })
  void anAddressIsWidenedToTheRangesThatItIsIn(String address, int bits, String expected) {
    assertThat(AddressRange.ofAddress(address).widened(bits)).hasToString(expected);
  }

  @Test
  void theRangeOfAnOwnerIsWhatItHasAtLeast() {
    assertThat(AddressRange.ofOwner("2001:db8:1:2:3:4:5:6")).hasToString("2001:db8:1:2::/64");
    assertThat(AddressRange.ofOwner("203.0.113.1")).hasToString("203.0.113.1/32");
    assertThat(AddressRange.ofOwner("unknown")).isNull();
  }
}
