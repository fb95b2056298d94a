#ifndef ORGCODE_TESTS_CODEC_ACTS_H
#define ORGCODE_TESTS_CODEC_ACTS_H

/* Acts of every kind and form, in canonical JSON: what json_act_encode writes again, byte for byte. */

#define ACT(kind, rest) \
    "{\"actId\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\",\"authority\":\"H26\",\"body\":" rest ",\"kind\":\"" kind "\"}"
#define ON "\"effectiveOn\":\"2025-07-01\""
#define DECISION \
    "\"decision\":{\"issuedBy\":\"UBND Thành phố Hà Nội\",\"issuedOn\":\"2025-06-25\",\"number\":\"3563/QĐ-UBND\"}," ON
#define OTHER_ID "0d4a7a52-1e4f-5d1c-8a77-3c1f0b9e6a01"

static const char *const codec_acts[] = {
    ACT("established",
        "{\"code\":\"H26.18\",\"info\":{\"address\":\"52 Lê Đại Hành, Hà Nội\",\"email\":\"so@hanoi.gov.vn\",\"fax\":\"024\","
        "\"legacyCode\":\"000.00.18.H26\",\"name\":\"Sở Xây dựng\",\"nameEn\":\"Department of Construction\","
        "\"phone\":\"+84 24\",\"shortName\":\"SXD\",\"type\":\"agency\",\"website\":\"https://sxd.example\"}}," DECISION),
    "{\"actId\":\"" OTHER_ID "\",\"authority\":\"G05\",\"body\":{\"code\":\"0100109106\",\"info\":{\"address\":\"A \\\"x\\\" \\\\ "
    "B\",\"name\":\"Công ty\",\"type\":\"enterprise\"}},\"decision\":{\"issuedBy\":\"Bộ\",\"issuedOn\":\"2025-06-25\",\"number\":\"1\","
    "\"sha256\":\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\",\"title\":\"Về việc\",\"uri\":\"https://a.example/b\"},\"effectiveOn\":\"2025-07-01\",\"happenedOn\":"
    "\"2025-06-20\",\"kind\":\"established\",\"note\":\"ghi chú\",\"publishedAt\":\"2025-07-02T08:00:00.123+07:00\","
    "\"scheme\":\"enterprise\"}",
    ACT("contact_updated",
        "{\"clear\":[\"fax\",\"phone\"],\"code\":\"H26.18\",\"set\":{\"address\":\"1\",\"email\":\"a@b.c\"}}," ON),
    ACT("contact_updated", "{\"code\":\"H26.18\"}," ON),
    ACT("renamed", "{\"code\":\"G10\",\"legacyCode\":\"000.00.00.G10\",\"name\":\"Bộ Nông nghiệp và Môi trường\",\"nameEn\":\"M\","
                   "\"newBody\":true,\"shortName\":\"S\"}," DECISION),
    ACT("renamed", "{\"code\":\"H26.1\",\"newCode\":\"H26.2\",\"units\":[{\"from\":\"H26.1.1\",\"to\":\"H26.2.1\"},{\"close\":"
                   "\"H26.1.2\"},{\"from\":\"H26.1.3\",\"successor\":\"H26.2\"}]}," DECISION),
    ACT("recoded", "{\"cause\":\"renumbering\",\"codes\":[{\"from\":\"H26.1\",\"to\":\"H26.2\"},{\"from\":\"H26.3\",\"to\":"
                   "\"H26.4\"}]}," DECISION),
    ACT("recoded", "{\"cause\":\"parent\",\"codes\":[]}," DECISION),
    ACT("merged", "{\"into\":{\"code\":\"H26\"},\"sources\":[\"H26\",\"H27\"],\"units\":\"keep\"}," DECISION),
    ACT("merged", "{\"into\":{\"code\":\"H26.9\",\"info\":{\"address\":\"2\",\"name\":\"Mới\"}},\"newBody\":true,\"sources\":"
                  "[\"H26.1\",\"H26.2\"],\"units\":[]}," DECISION),
    ACT("split", "{\"continues\":true,\"newBody\":true,\"results\":[{\"code\":\"H26.7\",\"info\":{\"address\":\"3\",\"name\":\"Một\"}},"
                 "{\"code\":\"H26.8\",\"info\":{\"address\":\"4\",\"name\":\"Hai\"}}],\"source\":\"H26.1\"}," DECISION),
    ACT("split", "{\"continues\":false,\"results\":[],\"source\":\"H26.1\",\"units\":\"keep\"}," DECISION),
    ACT("dissolved", "{\"code\":\"H26.1\",\"continues\":true,\"successors\":[\"H27.1\"],\"units\":[{\"close\":\"H26.1.1\"}],"
                     "\"withUnits\":true}," DECISION),
    ACT("dissolved", "{\"code\":\"H26.1\",\"successors\":[]}," DECISION),
    ACT("closed", "{\"code\":\"H26.1\",\"reason\":\"không dùng nữa\",\"withUnits\":true}," DECISION),
    ACT("closed", "{\"code\":\"H26.1\"}," DECISION),
    ACT("corrected", "{\"clear\":[\"website\"],\"code\":\"H26.1\",\"corrects\":\"" OTHER_ID "\",\"set\":{\"name\":\"Đúng\"},"
                     "\"setDecision\":{\"issuedBy\":\"UBND\",\"issuedOn\":\"2020-02-29\",\"number\":\"7\"}}," DECISION),
    ACT("annulled", "{\"annuls\":\"" OTHER_ID "\",\"reason\":\"entryError\"}," DECISION),
    ACT("annulled", "{\"annuls\":\"" OTHER_ID "\",\"reason\":\"decisionAnnulled\"}," DECISION),
    ACT("scheme_registered", "{\"amends\":true,\"description\":\"Trường học\",\"grammar\":[{\"literal\":\"TH\"},{\"class\":\"A-Z0-9\","
                             "\"max\":8,\"min\":2}],\"issuer\":\"G07\",\"scheme\":\"school\"}," DECISION),
};
#define CODEC_ACTS (sizeof codec_acts / sizeof *codec_acts)

#endif
