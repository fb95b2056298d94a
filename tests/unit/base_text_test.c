#include "base/text.h"

#include "unit.h"

#define CHECK(literal, want) assert_int_equal(text_check((struct str){literal, sizeof(literal) - 1}), want)

static void good_texts(void **state)
{
    (void)state;
    CHECK("", TEXT_OK);
    CHECK("Ủy ban nhân dân tỉnh Hưng Yên – số 12/QĐ", TEXT_OK);
    CHECK("日本 한글 😀", TEXT_OK);
    CHECK("U\xcc\x81", TEXT_OK);
    CHECK("\xee\x80\x80", TEXT_OK); /* private use is assigned to that */
    assert_int_equal(text_check(STR_NONE), TEXT_OK);
}

static void not_utf8(void **state)
{
    (void)state;
    CHECK("\x80", TEXT_NOT_UTF8);
    CHECK("a\xc3", TEXT_NOT_UTF8);
    CHECK("\xc0\x80", TEXT_NOT_UTF8);
    CHECK("\xc1\xbf", TEXT_NOT_UTF8);
    CHECK("\xe0\x9f\xbf", TEXT_NOT_UTF8);
    CHECK("\xf0\x8f\xbf\xbf", TEXT_NOT_UTF8);
    CHECK("\xed\xa0\x80", TEXT_NOT_UTF8);
    CHECK("\xed\xbf\xbf", TEXT_NOT_UTF8);
    CHECK("\xf4\x90\x80\x80", TEXT_NOT_UTF8);
    CHECK("\xf5\x80\x80\x80", TEXT_NOT_UTF8);
    CHECK("\xff", TEXT_NOT_UTF8);
    CHECK("\xe1\xbb", TEXT_NOT_UTF8);
    CHECK("\xe1\x41\x41", TEXT_NOT_UTF8);
}

static void controls(void **state)
{
    (void)state;
    CHECK("a\0b", TEXT_CONTROL);
    CHECK("a\tb", TEXT_CONTROL);
    CHECK("a\nb", TEXT_CONTROL);
    CHECK("\x1f", TEXT_CONTROL);
    CHECK("\x7f", TEXT_CONTROL);
    CHECK("\xc2\x80", TEXT_CONTROL);
    CHECK("\xc2\x9f", TEXT_CONTROL);
    CHECK("\xc2\xa0", TEXT_OK);
    CHECK("\xe2\x80\xa8", TEXT_CONTROL);
    CHECK("\xe2\x80\xa9", TEXT_CONTROL);
}

static void unassigned(void **state)
{
    (void)state;
    CHECK("\xcd\xb8", TEXT_UNASSIGNED);         /* U+0378 */
    CHECK("\xcd\xb7", TEXT_OK);                 /* U+0377 */
    CHECK("\xcd\xba", TEXT_OK);                 /* U+037A */
    CHECK("\xef\xbf\xbe", TEXT_UNASSIGNED);     /* U+FFFE */
    CHECK("\xef\xb7\x90", TEXT_UNASSIGNED);     /* U+FDD0 */
    CHECK("\xf4\x8f\xbf\xbf", TEXT_UNASSIGNED); /* U+10FFFF */
    CHECK("\xf0\x9f\xab\xa0", TEXT_OK);         /* U+1FAE0, came with 14.0 */
    CHECK("\xf0\x9f\xab\xa8", TEXT_UNASSIGNED); /* U+1FAE8, came with 15.0 */
    CHECK("\xe2\x82\xc1", TEXT_NOT_UTF8);
    CHECK("\xe2\x83\x80", TEXT_OK);             /* U+20C0, came with 14.0 */
    CHECK("\xe2\x83\x81", TEXT_UNASSIGNED);     /* U+20C1 */
}

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(text_length(STR("")), 0);
    assert_int_equal(text_length(STR("Hưng")), 4);
    assert_int_equal(text_length(STR("😀")), 1);
    assert_int_equal(text_length(STR("U\xcc\x81")), 2);
    assert_int_equal(text_length(STR_NONE), 0);
}

static void nfc(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str good = STR("Ủy ban nhân dân – 日本 한글");
    assert_ptr_equal(text_nfc(arena, good).data, good.data);
    assert_int_equal(arena_used(arena), 0);
    assert_str(text_nfc(arena, STR("U\xcc\x89y")), "Ủy");
    assert_str(text_nfc(arena, STR("u\xcc\x9b\xcc\xa3")), "ự");
    assert_str(text_nfc(arena, STR("u\xcc\xa3\xcc\x9b")), "ự");
    assert_str(text_nfc(arena, STR("\xe2\x84\xab")), "Å");
    assert_str(text_nfc(arena, STR("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab")), "한");
    struct str emoji = STR("😀");
    assert_ptr_equal(text_nfc(arena, emoji).data, emoji.data);
    struct str broken = STR("u\xcc\x9b\xff"), strange = STR("u\xcc\x9b\xcd\xb8");
    assert_ptr_equal(text_nfc(arena, broken).data, broken.data);
    assert_ptr_equal(text_nfc(arena, strange).data, strange.data);
    assert_str(text_nfc(arena, STR_NONE), NULL);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts), cmocka_unit_test(not_utf8), cmocka_unit_test(controls),
        cmocka_unit_test(unassigned), cmocka_unit_test(lengths),  cmocka_unit_test(nfc),
    };
    return cmocka_run_group_tests_name("base text", tests, NULL, NULL);
}
