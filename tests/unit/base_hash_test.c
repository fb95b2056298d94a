#include "base/hash.h"

#include "unit.h"

static void known_digests(void **state)
{
    (void)state;
    char text[SHA256_TEXT_SIZE];
    assert_string_equal(sha256_format(sha256_of("", 0), text),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(sha256_format(sha256_of(NULL, 0), text),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(sha256_format(sha256_of("abc", 3), text),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void pieces_equal_the_whole(void **state)
{
    (void)state;
    uint8_t data[1000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    struct sha256 whole = sha256_of(data, sizeof data);
    struct hasher *hasher = hasher_open();
    for (size_t cut = 0; cut <= sizeof data; cut += 37) {
        hasher_begin(hasher);
        hasher_add(hasher, data, cut);
        hasher_add(hasher, NULL, 0);
        hasher_add(hasher, data + cut, sizeof data - cut);
        struct sha256 pieces = hasher_end(hasher);
        assert_memory_equal(pieces.byte, whole.byte, 32);
    }
    hasher_close(hasher);
}

static void parses(void **state)
{
    (void)state;
    struct sha256 digest = sha256_of("abc", 3), back;
    char text[SHA256_TEXT_SIZE];
    assert_true(sha256_parse(str_of(sha256_format(digest, text)), &back));
    assert_memory_equal(digest.byte, back.byte, 32);
    text[0] = 'B';
    assert_true(sha256_parse(str_of(text), &back));
    assert_memory_equal(digest.byte, back.byte, 32);
    text[63] = 'g';
    assert_false(sha256_parse(str_of(text), &back));
    assert_false(sha256_parse((struct str){text, 62}, &back));
    assert_false(sha256_parse(STR_NONE, &back));
}

static void fingerprints(void **state)
{
    (void)state;
    assert_true(crc64_avro("", 0) == 0xc15d213aa4d7a795u);
    assert_true(crc64_avro("\"null\"", 6) == 0x63dd24e7cc258f8au);
    assert_true(crc64_avro("\"int\"", 5) == 0x7275d51a3f395c8fu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(pieces_equal_the_whole),
        cmocka_unit_test(parses),
        cmocka_unit_test(fingerprints),
    };
    return cmocka_run_group_tests_name("base hash", tests, NULL, NULL);
}
