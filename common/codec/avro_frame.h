#ifndef ORGCODE_CODEC_AVRO_FRAME_H
#define ORGCODE_CODEC_AVRO_FRAME_H

/* The head of an Avro single object: two bytes, then the fingerprint, little-endian. Inside the codec only. */
#define FRAME_FIRST 0xc3
#define FRAME_SECOND 0x01
#define FRAME_SIZE 10

/* Of schemas/avro/act.avsc, in which acts are written; avro_reader_open compares. */
#define ACT_FINGERPRINT 0xdc61e61dedb3977bu

#endif
